"""Recorded traffic of real Azure, put to the emulator: each cassette in its own world, row after row.

The recordings are no part of the project. Where they lie beside the checkout, every row whose operation the emulator
implements is sent as it was sent then; what it presupposes is made by the rows before it or, where no row did, first.
`make traffic` prints what came of it.
"""
