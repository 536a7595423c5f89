"""Every secret here is made up and put together from parts, so that scanners of this repository find none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.text.secret_values import entropy
from fluorite_mcp.text.secrets import redact, redact_each, secret_file_reason

ALNUM = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6hJ9kL2nP5rS8tV"
UPPER = "Q3R7T2W9E4Y8U1I6P5"[:16].ljust(16, "Z")
BASE64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----"
PEM_END = "-----END " + "RSA PRIVATE KEY-----"

TOKENS = {
    "aws-access-key": "AK" + "IA" + UPPER,
    "google-api-key": "AI" + "za" + ALNUM[:35],
    "google-oauth": "GOC" + "SPX-" + ALNUM[:28],
    "github-token": "gh" + "p_" + ALNUM[:36],
    "gitlab-token": "gl" + "pat-" + ALNUM[:20],
    "slack-token": "xo" + "xb-123456789012-" + ALNUM[:24],
    "stripe-key": "sk" + "_live_" + ALNUM[:24],
    "npm-token": "np" + "m_" + ALNUM[:36],
    "pypi-token": "py" + "pi-" + ALNUM + "abcd",
    "anthropic-key": "sk" + "-ant-api03-" + ALNUM[:40],
    "openai-key": "sk" + "-proj-" + ALNUM[:40],
    "huggingface-token": "hf" + "_" + ALNUM[:34],
    "jwt": "ey" + "J" + ALNUM[:20] + ".ey" + "J" + ALNUM[:30] + "." + ALNUM[:43],
}
MORE_TOKENS = [
    ("google-oauth", "ya" + "29." + ALNUM[:30]),
    ("github-token", "github" + "_pat_" + ALNUM[:22] + "_" + ALNUM[:30]),
    ("slack-token", "xa" + "pp-1-" + ALNUM[:30]),
    ("stripe-key", "rk" + "_test_" + ALNUM[:24]),
    ("stripe-key", "wh" + "sec_" + ALNUM[:32]),
]
IN_CONTEXT = [
    ("aws-secret-key", "aws_secret_access_key = " + ALNUM[:20] + "/" + ALNUM[:19]),
    ("aws-secret-key", '"SecretAccessKey": "' + ALNUM[:39] + '+"'),
    ("aws-secret-key", "export AWS_SECRET_ACCESS_KEY=" + ALNUM[:40]),
    ("azure-key", "AccountName=a;AccountKey=" + ALNUM + ALNUM[:36] + "==;"),
    ("azure-key", "Endpoint=sb://a/;SharedAccessKey=" + ALNUM[:43] + "="),
    ("azure-sas", "https://a.blob.core.windows.net/c?sv=2020&sig=" + ALNUM[:43] + "%3D"),
    ("slack-webhook", "https://hooks.slack.com/services/" + "T01234567/B01234567/" + ALNUM[:24]),
    ("bearer-token", "Authorization: Bearer " + ALNUM[:30]),
    ("basic-auth", "Authorization: Basic " + ALNUM[:24] + "=="),
    ("url-password", "postgres://admin:hunter2@db.internal:5432/app"),
    ("url-password", "https://user:pass@example.com/path"),
    ("url-password", "redis://:s3cr3t@localhost"),
    ("secret", 'password = "hunter2!"'),
    ("secret", "'db_password': 'Tr0ub4dor&3',"),
    ("secret", 'const apiKey = "' + ALNUM[:32] + '";'),
    ("secret", "api_key: '" + ALNUM[:24] + "'"),
    ("secret", 'secret_key := "' + ALNUM[:24] + '"'),
    ("secret", "  secret: " + ALNUM[:24]),
    ("secret", "  password: hunter2  # the old one"),
    ("secret", "DB_PASSWORD=correcthorse"),
    ("secret", "export API_TOKEN=" + ALNUM[:20]),
    ("secret", "SECRET_KEY_BASE=" + ALNUM[:40].lower()),
    ("secret", "client-secret: " + ALNUM[:20] + "-" + ALNUM[:8]),
    ("secret", "İ password = 'Tr0ub4dor&3'"),
    ("secret", "signing_key = '" + ALNUM[:30] + "'"),
]


def secret_of(line: str, redacted: str) -> str:
    """Return what was taken out of a line."""
    head, _, rest = redacted.partition("[redacted:")
    tail = rest.partition("]")[2]
    return line[len(head) : len(line) - len(tail)]


@pytest.mark.parametrize(("kind", "token"), [*TOKENS.items(), *MORE_TOKENS])
def test_a_token_is_known_by_its_form_anywhere(kind: str, token: str) -> None:
    for text in (token, f"x = call('{token}')\n", f"see {token}, then\nnext", f"https://{token}@github.com/a.git"):
        result = redact(text)
        assert result.text == text.replace(token, f"[redacted:{kind}]")
        assert (result.count, result.kinds) == (1, (kind,))


@pytest.mark.parametrize(("kind", "line"), IN_CONTEXT)
def test_a_secret_is_known_by_what_stands_before_it(kind: str, line: str) -> None:
    result = redact(f"before\n{line}\nafter\n")
    assert result.kinds == (kind,)
    assert result.count == 1
    redacted = result.text.split("\n")[1]
    assert len(secret_of(line, redacted)) >= 4
    assert secret_of(line, redacted) not in redacted.replace(f"[redacted:{kind}]", "")
    assert result.text.startswith("before\n")
    assert result.text.endswith("\nafter\n")


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "your-api-key"',
        'password = "changeme123"',
        'token: "xxxxxxxxxxxxxxxxxxxx1"',
        "API_KEY=${API_KEY}",
        "API_KEY=$API_KEY",
        "API_KEY=<your key here>",
        "api_key: {{ .Values.apiKey }}",
        "const apiKey = process.env.API_KEY1;",
        'api_key = os.environ["API_KEY_2024"]',
        'token = config.get("token2")',
        "password: process.env.DB_PASSWORD1",
        'password_field = "passwordInput1"',
        'input type="password" id="password1"',
        'token_type = "bearer2token3value"',
        "password: str",
        "password: String,",
        "token = next_token2",
        "token = parser.token1",
        "secret = hashlib.sha256",
        "hash_secret: sha256",
        'integrity "sha512-' + ALNUM + '"',
        'checksum = "' + "0a1b2c3d4e5f6789" * 4 + '"',
        'api_key = "123e4567-e89b-12d3-a456-426614174000"',
        'secret_file = "/run/secrets/db1.txt"',
        'secret = "/run/secrets/db1"',
        'token = "https://example.com/token1"',
        'publicKeyToken="b03f5f7f11d50a3a1"',
        '"AWS::ApiGateway::ApiKey": "48205d4ffd7feba3"',
        'password = "password"',
        'password = "%s1"',
        'f"password={password1}"',
        "max_tokens: 4096",
        "TOKEN_ENUM=MY_CONSTANT",
        "TOKEN_COUNT=123456789012",
        "Authorization: Bearer <token>",
        "Authorization: Bearer ${token}",
        "bearer authentication-scheme-name",
        "https://github.com/a/b@v1.2.3",
        "git@github.com:org/repo.git",
        "http://localhost:8080/a@b",
        "postgres://${USER}:${PASS}@host/db",
        "postgres://user:<password>@host/db",
        "sk-circle-fade-dot-container-large",
        "task-management-system-for-teams",
        "ghp_" + "x" * 36,
        "AKIASHORT",
        "xAKIA" + UPPER,
        "hf_hub_download_with_long_function_name",
        "if text.startswith('-----BEGIN " + "PRIVATE KEY-----'): load(text)",
        PEM + "\n...\n" + PEM_END,
        "",
        "plain words",
    ],
)
def test_what_only_looks_like_a_secret_stays(line: str) -> None:
    assert redact(line).text == line
    assert redact(line).count == 0


def test_a_private_key_goes_with_its_lines_kept() -> None:
    text = f"key = '''{PEM}\n{BASE64}\n{BASE64}\n{PEM_END}'''\nnext = 1\n"
    result = redact(text)
    assert result.kinds == ("private-key",)
    assert result.text == f"key = '''{PEM}\n[redacted:private-key]\n[redacted:private-key]\n{PEM_END}'''\nnext = 1\n"


def test_a_private_key_on_one_line_goes() -> None:
    result = redact(f'{{"private_key": "{PEM}\\n{BASE64}\\n{PEM_END}\\n"}}')
    assert BASE64 not in result.text
    assert result.kinds == ("private-key",)


def test_the_halves_of_a_private_key_go_too() -> None:
    for text in (f"{PEM}\n{BASE64}\n{BASE64}\n", f"{BASE64}\n{BASE64}\n{PEM_END}\n", f"x\n{BASE64}\n{PEM_END}\n"):
        result = redact(text)
        assert BASE64 not in result.text
        assert result.text.count("\n") == text.count("\n")


def test_secrets_are_counted_and_their_kinds_named_once() -> None:
    github = TOKENS["github-token"]
    result = redact(f"a={github}\nb={github}\nc={TOKENS['stripe-key']}\n")
    assert (result.count, result.kinds) == (3, ("github-token", "stripe-key"))


def test_a_known_form_wins_over_the_name_before_it() -> None:
    assert redact(f'api_key = "{TOKENS["openai-key"]}"').kinds == ("openai-key",)


PARTS = st.sampled_from(
    [
        *TOKENS.values(),
        *(line for _, line in IN_CONTEXT),
        *(
            PEM,
            PEM_END,
            BASE64,
            "password",
            "secret",
            "token",
            "api_key",
            "=",
            ": ",
            '"',
            "'",
            "\n",
            " ",
            "://",
            "@",
            "a",
        ),
        *(":", "Bearer ", "[redacted:", "]", "export ", "A1b2C3d4E5f6", "{", "$", "-", "_"),
    ]
)


@settings(deadline=None)
@given(st.lists(st.lists(PARTS, max_size=6).map("".join), max_size=6))
def test_texts_together_are_redacted_as_each_alone(texts: list[str]) -> None:
    assert redact_each(texts) == [redact(text).text for text in texts]


@settings(deadline=None, max_examples=300)
@given(st.lists(PARTS, max_size=12).map("".join))
def test_redacting_twice_is_redacting_once_and_lines_stay(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")
    assert (once.count == 0) == (once.text == text) == (once.kinds == ())


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")


def test_thousands_of_secrets_take_linear_time() -> None:
    text = "".join(f'password_{number} = "Tr0ub4dor&{number}"\n' for number in range(5_000))
    assert redact(text).count == 5_000


@pytest.mark.parametrize(
    "path",
    [
        ".env", "app/.env.production", "prod.env", "id_rsa", "/home/a/.ssh/id_ed25519", "server.pem", "a/tls.key",
        "c.p12", "c.pfx", "release.keystore", ".npmrc", ".pypirc", ".netrc", "credentials.json", "config/secrets.yml",
        "secrets.yaml", "terraform.tfstate", "terraform.tfstate.backup", "home\\.aws\\credentials", ".git-credentials",
        "kubeconfig", "service-account-prod.json", ".kube/config", ".docker/config.json", "config/master.key", ".ENV",
    ],
)  # fmt: skip
def test_files_for_secrets_are_named(path: str) -> None:
    reason = secret_file_reason(path)
    assert reason is not None
    assert path.replace("\\", "/").rpartition("/")[2].lower() in reason


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", ".env.template", "environment.py", "key.py", "id_rsa.pub", "secrets.py",
        "credentials.py", "config.json", "keyboard.ts", "tokens.json", "public.pem", ".envrc.md", ".ssh/config", "",
    ],
)  # fmt: skip
def test_other_files_are_not(path: str) -> None:
    assert secret_file_reason(path) is None


def test_entropy_is_in_bits_per_character() -> None:
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
