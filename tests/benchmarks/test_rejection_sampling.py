"""The table of the samplers' benchmark, from rows as it writes them."""

from benchmarks import rejection_sampling as benchmark
from benchmarks import results


def test_rows_become_a_table_of_the_page(tmp_path):
    path, page = tmp_path / "rows.csv", tmp_path / "page.md"
    begin, end = (f"<!-- rejection_sampling {place} -->\n" for place in ("begin", "end"))
    page.write_text(f"before\n{begin}old\n{end}after\n", "utf-8")
    numbers = dict.fromkeys(benchmark.MEASURES, "0.5") | {"kid_standard_error": "0.0001"}
    for sampler, rate in (("drs", "0.25"), ("plain", "")):
        row = dict.fromkeys(benchmark.COLUMNS, "") | numbers
        row |= {"preset": "tiny", "sampler": sampler, "acceptance_rate": rate, "kid": "0.0012"}
        for _ in range(2):
            results.merge(path, row, benchmark.COLUMNS, benchmark.KEY)
    results.put(page, "rejection_sampling", benchmark.table(results.read(path)))
    text = page.read_text("utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    lines = [line for line in text.splitlines() if line.startswith("| `tiny`")]
    assert ["`plain`" in line for line in lines] == [True, False]
    assert all("| 1.200 ± 0.100 |" in line for line in lines)
    assert "| 25 % |" in lines[1]


def test_the_page_has_the_markers():
    text = benchmark.PAGE.read_text("utf-8")
    begin, end = (f"<!-- rejection_sampling {place} -->" for place in ("begin", "end"))
    assert text.index(begin) < text.index(end)
    assert set(benchmark.SAMPLERS) == {"plain", "drs_raw", "drs", "ddls"}
