"""Why a file cannot be read, in words for people, in both languages."""

from app.core.i18n import N_

REFUSALS: dict[str, str] = {
    "no_file": N_("Choose a file first."),
    "too_big": N_("This file is too heavy: %(limit)s MB at most."),
    "empty": N_("This file is empty."),
    "only_header": N_("This file has a first line with the names of the columns, but no line under it."),
    "old_excel": N_("This is an old Excel file, or one with a password. Save it as .xlsx without password, or as CSV."),
    "markup": N_(
        "This is a web page that is called a table. Open it in Excel or LibreOffice, then save it as .xlsx or CSV."
    ),
    "protected": N_("This file has a password. Save it without one."),
    "utf16": N_("This file is written in UTF-16. Save it as CSV UTF-8, or as .xlsx."),
    "binary": N_("This is not a table. Choose a CSV, XLSX or ODS file."),
    "image": N_("This is an image, not a table. Choose a CSV, XLSX or ODS file."),
    "pdf": N_("This is a PDF file, not a table. Choose the CSV, XLSX or ODS file that it was made from."),
    "document": N_("This is a text document, not a table. Copy its table into a spreadsheet and save that as .xlsx."),
    "archive": N_("This is a compressed folder, not a table. Open it, and choose the CSV, XLSX or ODS file in it."),
    "encoding": N_("Line %(line)s has letters that cannot be read. Save the file as CSV UTF-8, or as .xlsx."),
    "separator": N_("Only one column was found. Columns must be separated by semicolons, commas or tabs."),
    "unclosed_quote": N_(
        'A quotation mark (") opens on line %(line)s and does not close: the lines after it are taken for one text. '
        "Close or remove it, then choose the file again."
    ),
    "too_many_rows": N_("This file has too many lines: %(limit)s at most. Cut it into several files."),
    "too_many_columns": N_("This file has too many columns: %(limit)s at most."),
    "too_many_cells": N_("This file has too many cells. Keep only the lines and columns that are filled in."),
    "long_cell": N_("Line %(line)s has a text of more than %(limit)s characters: a quotation mark may be missing."),
    "repeated_header": N_("Two columns have the same name: “%(name)s”. Give each column its own name."),
    "unreadable": N_("This file is damaged or is not a table. Open it, save it again as .xlsx or CSV, then try again."),
    "unzips_too_big": N_("Unpacked, this file takes more than %(limit)s MB. Keep only the sheet that is needed."),
}
