from mtmd_tf.jobs.demo import stages


def test_a_fraction_of_the_households_has_folders_of_its_own():
    part, whole = stages(households=0.3, flagfile="cj.flags"), stages(households=1.0, flagfile="cj.flags")
    assert [str(stage.done) for stage in part if stage.done] == [
        "data/cj-0.3/manifest.json",
        "data/cj-0.3-labelled/manifest.json",
        "runs/cj-0.3/report.md",
        "exports/cj-0.3/ranker.json",
        "embeddings/cj-0.3/manifest.json",
    ]
    assert str(whole[0].done) == "data/cj/manifest.json"
    assert "--households=0.3" in part[0].command


def test_it_ends_with_products_for_every_surface_and_the_report():
    last = stages(households=0.3, flagfile="cj.flags")[-4:]
    assert [stage.command[-1] for stage in last[:3]] == ["--surface=mailer", "--surface=display", "--surface=both"]
    assert "runs/cj-0.3/report.md" in last[3].command[-1]
