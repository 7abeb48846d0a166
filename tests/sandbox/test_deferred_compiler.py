"""The stand-in for torch's compiler, in a real submission."""

import pytest

OPTIMIZERS = """
import sys, torch
net = torch.nn.Linear(3, 2)
for kind in (torch.optim.Adam, torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop):
    optimizer = kind(net.parameters(), lr=0.1)
    before = net.weight.detach().clone()
    optimizer.zero_grad()
    net(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    optimizer.state_dict()
    assert not torch.equal(before, net.weight)
"""
COMPILES = """
doubled = torch.compile(lambda x: x * 2 + 1, backend="eager")
assert torch.equal(doubled(torch.ones(3)), torch.full((3,), 3.0))
"""
CHECKS = {
    "optimizers step without the compiler": "assert 'sympy' not in sys.modules",
    "compiling brings in the real one": COMPILES + "assert 'sympy' in sys.modules",
    "its modules can be imported": "from torch._dynamo import eval_frame; import torch._dynamo.utils; optimizer.step()",
    "its functions can be called": "torch._dynamo.reset(); assert torch._dynamo.config.cache_size_limit > 0",
    "a module can be exported": "torch.export.export(net, (torch.ones(1, 3),))",
}


@pytest.mark.parametrize("source", CHECKS.values(), ids=CHECKS)
def test_a_submission_cannot_tell(submission, source):
    for index, cell in enumerate((OPTIMIZERS, source), start=1):
        result = submission.run_cell(index, cell, 60.0)
        assert result.error is None, f"{result.error}: {result.message}"
