"""The translated documentation and messages the glossary is learned from: public repositories at one commit each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A repository, or two, that say the same in English and in Japanese.

    Attributes:
        repository: OWNER/NAME of the repository with the Japanese text.
        commit: Full hash.
        licence: Of the texts read.
        form: How the two languages lie beside each other: a key of `readers.READERS`.
        japanese: Regular expression of the Japanese files' paths.
        english: What `re.sub` makes of such a path to find the English file, for forms with two files.
        english_repository: OWNER/NAME and commit of the English files if they stand elsewhere.
    """

    repository: str
    commit: str
    licence: str
    form: str
    japanese: str
    english: str = ""
    english_repository: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        """The repository's address."""
        return f"https://github.com/{self.repository}"


SOURCES = (
    Source(
        "python/python-docs-ja",
        "7eb90aaa6d3395bcfe01801ceb5e620eedf2356a",
        "PSF-2.0",
        "po",
        r"\.po$",
    ),
    Source(
        "sphinx-doc/sphinx",
        "e44a40eb2f810558ccd9da1425421270ccb81351",
        "BSD-2-Clause",
        "po",
        r"locale/ja/LC_MESSAGES/\w+\.po$",
    ),
    Source(
        "jupyterlab/language-packs",
        "37d593fa2280c45308432de90e86715a3ec7ed8a",
        "BSD-3-Clause",
        "po",
        r"ja_JP/LC_MESSAGES/\w+\.po$",
    ),
    Source(
        "openstack/horizon",
        "4f5e00381a01475e4d5ff813d735b63d404e865b",
        "Apache-2.0",
        "po",
        r"locale/ja/LC_MESSAGES/[\w-]+\.po$",
    ),
    Source(
        "wagtail/wagtail",
        "c2ae43b9265d085c95142cd1a1f8563ad2eb4de9",
        "BSD-3-Clause",
        "po",
        r"locale/ja/LC_MESSAGES/\w+\.po$",
    ),
    Source(
        "pgadmin-org/pgadmin4",
        "bc58657d3d3ab4209cdadea6d191b632cf1572cc",
        "PostgreSQL",
        "po",
        r"translations/ja/LC_MESSAGES/messages\.po$",
    ),
    Source(
        "google/comprehensive-rust",
        "351fafafa965cba8e45a3136b8ff6022bba9942b",
        "Apache-2.0 (code), CC-BY-4.0 (text)",
        "po",
        r"^po/ja\.po$",
    ),
    Source("dotnet/msbuild", "05f089128b4b06b2c6a489a0602c18a53b18de38", "MIT", "xliff", r"\.ja\.xlf$"),
    Source("dotnet/command-line-api", "1f13873cf84d5547d1b8d4f9d68dcb06b3ea0a69", "MIT", "xliff", r"\.ja\.xlf$"),
    Source("dotnet/templating", "4c17ee53e9a86e2980b3077c388ddd1ffa03cd0f", "MIT", "xliff", r"\.ja\.xlf$"),
    Source("microsoft/vstest", "0b289d54af2f0b7aba88364cd6e2718ac69cbd49", "MIT", "xliff", r"\.ja\.xlf$"),
    Source("microsoft/testfx", "66b80b5751affb7f2dbd6013a85e650ddf76cffb", "MIT", "xliff", r"\.ja\.xlf$"),
    Source(
        "kubernetes/dashboard",
        "2f3f7b01a3e23a7a2c0011455a165ef68af81c10",
        "Apache-2.0",
        "xliff",
        r"i18n/ja/messages\.ja\.xlf$",
    ),
    Source(
        "jenkinsci/jenkins",
        "ff9430ee1dc6e319349a488650d914444fe141f3",
        "MIT",
        "properties",
        r"^(.*/(?!webapp)[^/]*)_ja\.properties$",
        r"\1.properties",
    ),
    Source(
        "apache/tomcat",
        "84ac9af072d4c43ebb44ccc0ceba405ad0a84903",
        "Apache-2.0",
        "properties",
        r"^(.*)_ja\.properties$",
        r"\1.properties",
    ),
    Source(
        "mattermost/mattermost-mobile",
        "06ed862d222012d7c9d0d9fc6111399ad60cf7fa",
        "Apache-2.0",
        "json",
        r"^(assets/base/i18n)/ja\.json$",
        r"\1/en.json",
    ),
    Source(
        "hoppscotch/hoppscotch",
        "afc2cf181c16e56647b099e5d18cfe55710c6cdd",
        "MIT",
        "json",
        r"^(packages/.*/locales)/ja\.json$",
        r"\1/en.json",
    ),
    Source(
        "umami-software/umami",
        "c0ea3aefbee7a3429ee2f824b06dc4a9dbe0b7e1",
        "MIT",
        "json",
        r"^(public/intl/messages)/ja-JP\.json$",
        r"\1/en-US.json",
    ),
    Source(
        "louislam/uptime-kuma",
        "6398a9581d1c3c427a7536559f47ccf45dac08b4",
        "MIT",
        "json",
        r"^(src/lang)/ja\.json$",
        r"\1/en.json",
    ),
    Source(
        "excalidraw/excalidraw",
        "4872083c044491b6d5c96ae134a75464f96d6831",
        "MIT",
        "json",
        r"^(packages/excalidraw/locales)/ja-JP\.json$",
        r"\1/en.json",
    ),
    Source(
        "RocketChat/Rocket.Chat.ReactNative",
        "2af4bda3e664c539f5ca5b042c7f1e84fb2e42c4",
        "MIT",
        "json",
        r"^(app/i18n/locales)/ja\.json$",
        r"\1/en.json",
    ),
    Source(
        "zulip/zulip-flutter",
        "e989e4f67923e64906c25577525f4a38374bb9a9",
        "Apache-2.0",
        "json",
        r"^(assets/l10n/app)_ja\.arb$",
        r"\1_en.arb",
    ),
    Source(
        "jhipster/generator-jhipster",
        "b622d1ac167506a771a5ece5c739b0b8e0525c79",
        "Apache-2.0",
        "json",
        r"^(generators/.*/i18n)/ja/(.*\.json)$",
        r"\1/en/\2",
    ),
    Source(
        "clerk/javascript",
        "e21ae9a4cf189ed20cb04bee94497533cd9d4dbe",
        "MIT",
        "nested",
        r"^(packages/localizations/src)/ja-JP\.ts$",
        r"\1/en-US.ts",
    ),
    Source(
        "solidusio/solidus",
        "1f5bf5c638f5fe9fbda4d480bdb7ebcfa39a9a5e",
        "BSD-3-Clause",
        "nested",
        r"^i18n/config/locales/ja\.yml$",
        r"core/config/locales/en.yml",
    ),
    Source(
        "svenfuchs/rails-i18n",
        "34be758a2748b0a7c99c90838d387276c4d97bf2",
        "MIT",
        "nested",
        r"^(rails/locale)/ja\.yml$",
        r"\1/en.yml",
    ),
    Source(
        "nodejs/nodejs.org",
        "6f94c8a6ab643beeee7038eba3fb521207d4b345",
        "MIT",
        "markdown",
        r"^(apps/site/pages)/ja/(.*\.mdx?)$",
        r"\1/en/\2",
    ),
    Source(
        "electron/i18n",
        "b5831481c16a6e46c903c3dae849440f030171ef",
        "BSD-3-Clause",
        "markdown",
        r"^content/ja-JP/(.*\.md)$",
        r"content/en-US/\1",
    ),
    Source(
        "open-telemetry/opentelemetry.io",
        "dd5997c8b9fafbf72ea6b8059ade242d88b8f118",
        "CC-BY-4.0",
        "markdown",
        r"^content/ja/(.*\.md)$",
        r"content/en/\1",
    ),
    Source(
        "cncf/glossary",
        "ca1dc4034529de4dbcef91f75978aeffd1a12b14",
        "CC-BY-4.0",
        "markdown",
        r"^content/ja/(.*\.md)$",
        r"content/en/\1",
    ),
    Source(
        "withastro/docs",
        "741c1b89ba13cf9b4ac4087ef09dc269e113fa77",
        "MIT",
        "markdown",
        r"^src/content/docs/ja/(.*\.mdx?)$",
        r"src/content/docs/en/\1",
    ),
    Source(
        "angular/angular-ja",
        "bef08283ed21dab89344f884419a98861f2a0d14",
        "MIT",
        "markdown",
        r"^(adev-ja/.*)(?<!\.en)\.md$",
        r"\1.en.md",
    ),
    Source(
        "reactjs/ja.react.dev",
        "7f38231d9d5dddaae6ac51da7d0f173d697f835c",
        "CC-BY-4.0",
        "markdown",
        r"^(src/content/.*\.md)$",
        r"\1",
        ("reactjs/react.dev", "12d692da47e77cdc558b928fcfbaf4e71c6d0cec"),
    ),
    Source(
        "vuejs-translations/docs-ja",
        "c627102bfabf8bc5ecaa6eb763b965a0a5d43a5b",
        "CC-BY-4.0",
        "markdown",
        r"^(src/.*\.md)$",
        r"\1",
        ("vuejs/docs", "01e098a967951ea92d09b100b8e7d82c7a3369a2"),
    ),
    Source(
        "rust-lang-ja/book-ja",
        "822ffbb7b5ecf28ff5393e4057c8b9189a5d3fe1",
        "MIT OR Apache-2.0",
        "markdown",
        r"^second-edition/src/(.*\.md)$|^(src/.*\.md)$",
        r"\2",
        ("rust-lang/book", "917544888a55e4da7109bdba8c88c893c0da70f4"),
    ),
    Source("zembutsu/docs.docker.jp", "607a9b6fb5b94364652d48aa29f70ba5c8ed4846", "Apache-2.0", "commented", r"\.rst$"),
)
