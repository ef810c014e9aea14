"""The room site.feeds.ckan."""
