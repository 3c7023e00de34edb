"""Trainings that entitle people to run a scenario: presence becomes accreditation."""
