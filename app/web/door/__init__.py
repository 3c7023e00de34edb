"""The door: a phone in a volunteer's hand. The pages work without scripts for everything but the camera."""
