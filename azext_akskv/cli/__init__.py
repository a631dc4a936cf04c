"""The az face: handlers, arguments, wiring. Nobody imports it."""
