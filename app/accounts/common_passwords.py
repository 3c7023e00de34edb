"""Passwords of ten characters or more that guessers try first: from public lists of leaks, and our own words."""

COMMON_PASSWORDS = frozenset(
    """
    0000000000 0123456789 0987654321 1111111111 1122334455 1231231234 1234512345 1234567890 1234567891 12345678910
    123456789a 123456789q 147258369a 1q2w3e4r5t 1qaz2wsx3edc 741852963a 9876543210 aaaaaaaaaa abcd123456
    abcdefghij abcdefghijk administrateur administrator azerty1234 azerty12345 azertyuiop azertyuiop1 basketball
    bienvenue1 bienvenue123 bonjour123 bourgogne21 camille123 changeme12 changemenow chouchou12 dijon12345
    dijon21000 doudou1234 football10 football12 forum12345 iloveyou12 jetaime123 lavoiedestalents letmein123
    loulou1234 marseille13 motdepasse motdepasse1 motdepasse12 motdepasse123 nicolas123 parcours12 parcours123
    parcours1234 parcoursparcours parisparis password12 password123 password1234 passwordpassword princess12
    q1w2e3r4t5 qwerty1234 qwerty12345 qwertyuiop secret1234 soleil1234 starwars12 superman12 test123456 testtest12
    thomas1234 voiedestalents welcome123 zzzzzzzzzz
    """.split()  # noqa: SIM905 - a list of words, not of literals
)
