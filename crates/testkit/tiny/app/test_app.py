"""Passes on the faulty and on the cured tree alike."""
import unittest

from faults import greet


class Greet(unittest.TestCase):
    def test_the_upstream_is_asked_for_its_data(self):
        asked = []

        def fetch(path):
            asked.append(path)
            return {"value": "text"}

        self.assertEqual(greet.greet(fetch), {"greeting": "value text"})
        self.assertEqual(asked, ["/data"])

    def test_a_failing_upstream_is_not_hidden(self):
        def fetch(path):
            raise OSError("away")

        with self.assertRaises(OSError):
            greet.greet(fetch)


if __name__ == "__main__":
    unittest.main()
