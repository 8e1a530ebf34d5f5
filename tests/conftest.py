"""Makes ``tests`` a package whose root is the repository, so that tests import their helpers by name."""
