"""Events: what people register for, when (waves), where (spaces), in which order (stops), for whom (audiences).

Moves: draft → published → closed (registration shut) → archived (read-only); closed → published (opened again);
draft, published, closed → cancelled → archived. A draft with no registrations may also be deleted.

Places: `taken` counters of event, wave and allotment are changed only by `operations.places`, by conditional UPDATEs in one
order (event, waves by id, allotments by id); CHECK constraints refuse what would exceed a capacity, whoever writes it.
"""
