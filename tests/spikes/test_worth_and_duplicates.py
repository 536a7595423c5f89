"""Filler is told from templates: by what is left without its own words, and by how many are alike."""

from __future__ import annotations

from fluorite_mcp.models import Spike, SpikeFile, SpikeParam
from fluorite_mcp.spikes.duplicates import GENERATED_FROM, find_duplicates
from fluorite_mcp.spikes.worth import is_stub, substance

QUEUE = """import { Queue, Worker } from "bullmq";
const connection = { host: "127.0.0.1", port: 6379 };
export const mails = new Queue("mails", { connection });
new Worker("mails", async (job) => deliver(job.data.address), { connection, concurrency: 4 });
"""


def template(id_: str, body: str, *, name: str = "", description: str = "") -> Spike:
    return Spike(
        id_, name or id_, "1.0.0", (id_.split("-", maxsplit=1)[0],), ("demo",), description or f"Template for {id_}",
        params=(SpikeParam("app_name", "app"),), files=(SpikeFile("src/index.ts", body),),
    )  # fmt: skip


def component(library: str, feature: str) -> str:
    name = f"{library.title()}{feature.title()}"
    return (
        f"export function {name}() {{\n  const [open, setOpen] = useState(false);\n  return open ? {name} : null;\n}}\n"
    )


def test_a_template_with_code_of_its_own_is_no_stub() -> None:
    assert not is_stub(template("bullmq-mails", QUEUE))
    assert substance(template("bullmq-mails", QUEUE)) > 6


def test_what_only_says_its_name_is_a_stub() -> None:
    for body in (
        "",
        "// TODO: implement express auth\n",
        "export const expressAuth = 'express-auth';\nexport default expressAuth;\n",
        "# Express auth\n\nA minimal template for express auth.\n",
        "console.log('hello {{app_name}}');\n",
        "// const token = verify(request.headers.authorization);\n",
    ):
        assert is_stub(template("express-auth", body, name="Express Auth (minimal)"))


def test_a_family_that_differs_only_in_names_has_one_that_stands_for_all() -> None:
    pairs = [(library, f"feature{chr(97 + number)}") for number in range(8) for library in ("vue", "hono", "koa")]
    spikes = [template(f"{library}-{feature}", component(library, feature)) for library, feature in pairs]
    assert len(spikes) >= GENERATED_FROM
    assert set(find_duplicates(spikes)) == {0}


def test_a_few_that_are_alike_but_for_their_names_stay() -> None:
    spikes = [
        template(f"client-{name}", f"await client.{name}({{ id, payload }}, options);\nlogResult(payload);\n",
                 name=f"How to {name}", description=f"When you want to {name} something, this is the call.")
        for name in ("create", "update", "archive")
    ]  # fmt: skip
    assert find_duplicates(spikes) == [0, 1, 2]


def test_copies_under_another_id_are_merged_however_few() -> None:
    copies = [template(f"queue-{number}", QUEUE, name="Mail queue", description="Sends mail.") for number in range(2)]
    other = template("other", "SELECT customer, sum(total) FROM invoices GROUP BY customer HAVING count(*) > 3;\n")
    assert find_duplicates([*copies, other]) == [0, 0, 2]


def test_nothing_is_no_group() -> None:
    assert find_duplicates([]) == []
    assert find_duplicates([template("a", "")]) == [0]
