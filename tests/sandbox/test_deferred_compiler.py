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
WITHOUT_DATA = """
assert torch.linalg.eigvals(torch.zeros(4, 4, device="meta")).shape == (4,)
with torch.device("meta"):
    assert torch.nn.Linear(3, 4)(torch.ones(2, 3)).is_meta
"""
FAKE = """
from torch._subclasses import FakeTensorMode
with FakeTensorMode():
    assert torch.linalg.eigvals(torch.zeros(4, 4)).shape == (4,)
"""
CHECKS = {
    "optimizers step without the compiler": "assert 'sympy' not in sys.modules",
    "compiling brings in the real one": COMPILES + "assert 'sympy' in sys.modules",
    "its modules can be imported": "from torch._dynamo import eval_frame; import torch._dynamo.utils; optimizer.step()",
    "its functions can be called": "torch._dynamo.reset(); assert torch._dynamo.config.cache_size_limit > 0",
    "tensors without data have shapes": WITHOUT_DATA,
    "so do fake tensors": FAKE,
    "random numbers come from generators": "torch.randperm(4, generator=torch.Generator().manual_seed(1))",
    "a module can be exported": "torch.export.export(net, (torch.ones(1, 3),))",
    "the compiler's back end can be imported": "import torch._inductor",
    "functions can be transformed": "torch.func.vmap(torch.func.grad(lambda x: (x**2).sum()))(torch.ones(3, 2))",
    "functions can be traced": "from torch.fx.experimental.proxy_tensor import make_fx; make_fx(net)(torch.ones(1, 3))",
}


@pytest.mark.parametrize("source", CHECKS.values(), ids=CHECKS)
def test_a_submission_cannot_tell(submission, source):
    for index, cell in enumerate((OPTIMIZERS, source), start=1):
        result = submission.run_cell(index, cell, 60.0)
        assert result.error is None, f"{result.error}: {result.message}"
