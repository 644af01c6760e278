"""The tables of the projected SAN: their columns are written, and the page shows the CSV."""

import string

from benchmarks import projected, results


def test_the_tables_show_columns_that_are_written(tmp_path):
    fields = {
        field
        for cell in (projected.SIZES | projected.VARIETY | projected.TABLE).values()
        for _, field, _, _ in string.Formatter().parse(cell)
        if field
    }
    assert fields <= set(projected.COLUMNS) and set(projected.KEY) <= set(projected.COLUMNS)
    page, rows = tmp_path / "page.md", tmp_path / "rows.csv"
    page.write_text(projected.PAGE.read_text("utf-8"), "utf-8")
    for size, variant, kid in (
        (128, "published", "0.3"),
        (64, "published", "0.2"),
        (128, "published", "0.1"),
        (64, "both", "0.05"),
    ):
        row = dict.fromkeys(projected.COLUMNS, "1")
        row |= {"feature_size": size, "variant": variant, "kid": kid}
        results.merge(rows, row, projected.COLUMNS, projected.KEY)
    projected.main(["--table-only", "--out", str(rows), "--page", str(page)])
    lines = page.read_text("utf-8").splitlines()
    sizes = [line for line in lines if line.startswith("| 64 |")]
    assert len(sizes) == 1 and "| 0.2 ± 1 |" in sizes[0]
    assert "| 0.3 ± 1 |" not in "".join(lines)
    variants = [line for line in lines if line.startswith(("| both |", "| published |"))]
    assert ["| 0.05 ± 1 |" in line for line in variants] == [True, False]
    assert all("| 64 |" in line for line in variants)


def test_the_page_is_that_of_the_results(tmp_path):
    page = tmp_path / "page.md"
    text = projected.PAGE.read_text("utf-8")
    page.write_text(text, "utf-8")
    projected.main(["--table-only", "--page", str(page)])
    assert page.read_text("utf-8") == text


def test_every_variant_builds():
    for generator, discriminator in projected.VARIANTS.values():
        model = projected.keras_san.models.build(
            "projected",
            (32, 32, 3),
            num_classes=2,
            width=1,
            generator_options=generator,
            discriminator_options=discriminator,
        )
        assert model.generator.self_modulation == bool(generator)
        assert (model.discriminator.normalizer == "spectral") == bool(discriminator)
