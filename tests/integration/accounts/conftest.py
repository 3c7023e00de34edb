from tests.integration.dbs import app, context, database_url, databases

__all__ = ["app", "context", "database_url", "databases"]
