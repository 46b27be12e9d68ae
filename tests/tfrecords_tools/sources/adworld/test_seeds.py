from tfrecords_tools.sources.adworld.seeds import generator


def test_a_generator_depends_on_seed_and_name_alone():
    first = generator(1, "events", 2).random()
    generator(1, "other").random()
    assert generator(1, "events", 2).random() == first
    assert generator(1, "events", 3).random() != first
    assert generator(2, "events", 2).random() != first
