from mtmd_tf.features.reading import DataSet
from mtmd_tf.sizing.facts import Domain, facts_of


def test_a_whole_data_set_is_counted(labeled):
    data = DataSet.open(labeled)
    facts = facts_of(data.manifest, data.schema)
    assert (facts.requests, facts.pairs, facts.candidates) == (200, 800, 4.0)
    assert facts.partition_pairs == (160,) * 5
    assert (facts.items, facts.repeats) == (4, 200.0)
    assert facts.query.fields == 5
    assert facts.query.domains == (
        Domain(fields=4, descriptors=1, tasks=2),  # home has no words
        Domain(fields=5, descriptors=1, tasks=2),
    )
    assert [domain.tasks for domain in facts.item.domains] == [2, 1]  # gctr is for standard alone
    assert facts.item.table_rows == 3 + 1 + 8


def test_a_slice_has_its_own_pairs_and_domains_and_the_partitions_of_all(labeled):
    data = DataSet.open(labeled)
    whole = facts_of(data.manifest, data.schema)
    facts = facts_of(data.manifest, data.schema, tasks=("ctr",), chosen=("search", "*"))
    cells = data.manifest.splits["train"]["slices"]["search"].values()
    assert facts.pairs == sum(cell["pairs"] for cell in cells)
    assert max(cell["requests"] for cell in cells) <= facts.requests < whole.requests
    assert facts.partition_pairs == whole.partition_pairs
    assert facts.query.domains == (Domain(fields=5, descriptors=1, tasks=1),)
    assert [domain.tasks for domain in facts.item.domains] == [1, 1]
