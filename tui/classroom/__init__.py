"""The class that follows one screen: its server, its sessions, and what they tell each other."""
