"""What in a data set will hurt whoever trains on it: `python -m tfrecords_tools doctor DIR`; a file a subject."""
