"""Tables that offices send: CSV, XLSX and ODS files read into texts, bounded, whatever the bytes are.

What the columns mean is the business of the feature that imports.
"""
