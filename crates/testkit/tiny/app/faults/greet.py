"""Makes the greeting. The upstream's value is a number, and that is what is forgotten here."""


def greet(fetch):
    value = fetch("/data")["value"]
    return {"greeting": "value " + value}
