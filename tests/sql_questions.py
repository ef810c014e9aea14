"""Forty questions that people bring to the SQL of a page: over the three datasets and a table of a million rows."""

from dataclasses import dataclass

LIFTS, MARKET, TOURISM, TRIPS = (
    "toei-elevator-inspections",
    "tokyo-market-daily",
    "tokyo-tourism-statistics",
    "trips",
)


@dataclass(frozen=True)
class Question:
    """A query of a dataset's page; `words` are told where it is refused, else it is answered as DuckDB in Python does."""

    dataset: str
    query: str
    words: str = ""


Q = Question
QUESTIONS = (
    # -- one large table: counts, sums, means, orders
    Q(TRIPS, "SELECT COUNT(*) AS 件数 FROM gates"),
    Q(TRIPS, "SELECT station AS 駅, COUNT(*) AS 件数 FROM gates GROUP BY station ORDER BY 件数 DESC, station LIMIT 10"),
    Q(TRIPS, "SELECT kind, SUM(people) AS s, AVG(price) AS p, MIN(day) AS a, MAX(day) AS b FROM gates GROUP BY kind ORDER BY kind"),
    Q(TRIPS, "SELECT id, station, people FROM gates ORDER BY people DESC NULLS LAST, id LIMIT 20"),
    Q(TRIPS, "SELECT COUNT(DISTINCT station) AS stations, COUNT(people) AS told FROM gates WHERE price > 1000"),
    Q(TRIPS, "SELECT id, day, station FROM gates WHERE station = '新宿駅' AND day BETWEEN '2020-01-01' AND '2020-06-30' ORDER BY id LIMIT 30"),
    Q(TRIPS, "SELECT station, COUNT(*) AS n FROM gates WHERE station LIKE '新%' GROUP BY station HAVING COUNT(*) > 10 ORDER BY station"),
    Q(TRIPS, "SELECT id, code FROM gates WHERE code LIKE '%9999%' ORDER BY id LIMIT 50"),
    Q(TRIPS, "SELECT kind, COUNT(*) AS n FROM gates WHERE people IS NULL GROUP BY kind ORDER BY kind"),
    Q(TRIPS, "SELECT CAST(EXTRACT(YEAR FROM day) AS INTEGER) AS y, COUNT(*) AS n, SUM(people) AS s FROM gates GROUP BY 1 ORDER BY 1"),
    # -- medians, quantiles, spreads
    Q(TRIPS, "SELECT station, MEDIAN(people) AS 中央値 FROM gates GROUP BY station ORDER BY 中央値 DESC, station LIMIT 5"),
    Q(TRIPS, "SELECT kind, QUANTILE_CONT(price, 0.9) AS p90, QUANTILE_CONT(price, 0.1) AS p10 FROM gates GROUP BY kind ORDER BY kind"),
    Q(TRIPS, "SELECT kind, STDDEV_SAMP(price) AS sd FROM gates GROUP BY kind ORDER BY kind"),
    Q(TRIPS, "SELECT FLOOR(price / 500) * 500 AS yen, COUNT(*) AS n FROM gates GROUP BY 1 ORDER BY 1"),
    # -- windows
    Q(TRIPS, "SELECT station, n, RANK() OVER (ORDER BY n DESC) AS 順位 FROM (SELECT station, COUNT(*) AS n FROM gates GROUP BY station) ORDER BY 順位, station LIMIT 10"),
    Q(TRIPS, "SELECT * FROM (SELECT kind, id, price, ROW_NUMBER() OVER (PARTITION BY kind ORDER BY price DESC, id) AS r FROM gates) WHERE r <= 3 ORDER BY kind, r"),
    Q(TRIPS, "WITH y AS (SELECT YEAR(day) AS y, SUM(people) AS s FROM gates GROUP BY 1) SELECT y, s, s - LAG(s) OVER (ORDER BY y) AS 前年差 FROM y ORDER BY y"),
    Q(TRIPS, "SELECT day, AVG(n) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM (SELECT day, COUNT(*) AS n FROM gates GROUP BY day) ORDER BY day LIMIT 60"),
    Q(TRIPS, "SELECT kind, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS 割合 FROM gates GROUP BY kind ORDER BY kind"),
    # -- joins
    Q(TRIPS, "SELECT s.ward AS 区, COUNT(*) AS 件数, SUM(g.people) AS 人数 FROM gates g JOIN stations s ON g.station = s.station GROUP BY s.ward ORDER BY 区"),
    Q(TRIPS, "SELECT s.station FROM stations s LEFT JOIN (SELECT DISTINCT station FROM gates WHERE price > 4500) g ON s.station = g.station WHERE g.station IS NULL ORDER BY s.station"),
    Q(TRIPS, "SELECT ward, MEDIAN(price) AS m FROM gates JOIN stations USING (station) WHERE day >= DATE '2024-01-01' GROUP BY ward ORDER BY ward"),
    Q(TRIPS, "SELECT station, COUNT(*) AS n FROM gates WHERE station IN (SELECT station FROM stations WHERE ward = '港区') GROUP BY station ORDER BY n DESC, station LIMIT 5"),
    Q(TRIPS, "SELECT DATE_TRUNC('month', day) AS 月, COUNT(*) AS n FROM gates WHERE day >= DATE '2025-01-01' GROUP BY 月 ORDER BY 月"),
    Q(TRIPS, "SELECT station, SUM(people) FILTER (WHERE kind = '入場') AS 入場, SUM(people) FILTER (WHERE kind = '出場') AS 出場 FROM gates GROUP BY station ORDER BY station LIMIT 8"),
    # -- the three datasets
    Q(LIFTS, "SELECT station_ja AS 駅, COUNT(*) AS 件数 FROM schedule GROUP BY station_ja ORDER BY 件数 DESC, 駅 LIMIT 10"),
    Q(LIFTS, "SELECT station_ja, elevator_id, date FROM schedule WHERE current = TRUE ORDER BY date, elevator_id, station_ja LIMIT 20"),
    Q(LIFTS, "SELECT line_en, COUNT(DISTINCT station_en) AS stations FROM schedule GROUP BY line_en ORDER BY line_en"),
    Q(LIFTS, "SELECT DAYOFWEEK(date) AS w, COUNT(*) AS n FROM schedule GROUP BY 1 ORDER BY 1"),
    Q(LIFTS, "SELECT s.station_ja, COUNT(DISTINCT p.elevator_id) AS n FROM stations s LEFT JOIN schedule p ON s.station_id = p.station_id GROUP BY s.station_ja ORDER BY n DESC, s.station_ja LIMIT 10"),
    Q(MARKET, "SELECT item AS 品目, MEDIAN(price_per_kg) AS 中央値 FROM prices WHERE unit_suspect = FALSE GROUP BY item ORDER BY 中央値 DESC, item LIMIT 10"),
    Q(MARKET, "SELECT market, date, AVG(price_per_kg) AS yen FROM prices WHERE item = 'きゅうり' GROUP BY market, date ORDER BY market, date LIMIT 30"),
    Q(MARKET, "SELECT p.item, i.item_en, MAX(p.price_per_kg) AS yen FROM prices p JOIN items i ON p.item = i.item GROUP BY p.item, i.item_en ORDER BY p.item, i.item_en LIMIT 10"),
    Q(TOURISM, 'SELECT country_ja AS 国, "year" AS 年, respondents FROM visitor_behaviour WHERE row_type = \'country\' ORDER BY respondents DESC, country_ja, "year" LIMIT 10'),
    Q(TOURISM, 'SELECT country_en, MAX(respondents) - MIN(respondents) AS change FROM visitor_behaviour WHERE row_type = \'country\' GROUP BY country_en ORDER BY change DESC, country_en LIMIT 5'),
    Q(TOURISM, 'WITH t AS (SELECT country_en, "year" AS y, respondents, LAG(respondents) OVER (PARTITION BY country_en ORDER BY "year") AS before FROM visitor_behaviour WHERE row_type = \'country\') SELECT country_en, y, respondents - before AS d FROM t WHERE before IS NOT NULL ORDER BY country_en, y LIMIT 20'),
    # -- what other systems write, and slips
    Q(TRIPS, "SELECT TOP 10 station FROM gates", "最後に LIMIT 10 と書いてください"),
    Q(TRIPS, "SELECT DATE_FORMAT(day, '%Y-%m') AS m, COUNT(*) AS n FROM gates GROUP BY 1", "STRFTIME(date, '%Y-%m') のように書きます"),
    Q(TRIPS, "SELECT 駅, COUNT(*) AS n FROM gates GROUP BY 駅", "「駅」という列はありません"),
    Q(MARKET, "SELECT item, price_per_kg FROM prices WHERE price_per_kg > 1000 ORDER BY", "SQL が途中で終わっています"),
)  # fmt: skip
