from tests.integration.dbs import app, context, database_url

__all__ = ["app", "context", "database_url"]
