"""placeholder."""


class LoadBalancers:
    def __init__(self, account):
        pass

    def start(self):
        pass

    def end(self):
        pass

    def serves(self, a, b):
        return False

    def health(self, a, b):
        return "unused"
