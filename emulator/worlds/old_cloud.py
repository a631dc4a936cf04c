"""A sovereign cloud, or a region, that gets new api-versions late."""

from emulator.worlds.spec import World

WORLD = World(
    name="old-cloud",
    title="a cluster without KMS in a cloud whose newest api-version is 2025-05-01",
    unknown_versions=(
        *("2025-07-01", "2025-08-01", "2025-09-01", "2025-09-02-preview", "2025-10-01", "2026-01-01", "2026-02-01"),
        *("2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-07-02-preview", "2026-08-01"),
    ),
)
