"""A run that stops: its one parameter grows faster and faster, until exp overflows."""


def blows_up(*, iterations: int, rule: str = "gradient_descent", rate: float = 0.1) -> str:
    """z = e^w - e^2w, whose derivative e^w - 2 e^2w is negative and grows in size: w runs away."""
    return f"""
program = '''
u = exp(w)
v = u*u
z = u - v
'''
[parameters]
w = 0.0
[update]
rule = "{rule}"
learning_rate = {rate}
iterations = {iterations}
"""
