"""Which packages play the same role: where a project has settled on one of them, that is a convention."""

from __future__ import annotations

from collections.abc import Mapping

_PY, _JS, _GO, _RS, _PHP, _JVM, _RB = "python", "script", "go", "rust", "php", "java", "ruby"


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


# Role → language family → module prefix → the name that a sentence gives it.
ROLES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "http": {
        _PY: _same("requests", "httpx", "aiohttp", "urllib3", "urllib.request"),
        _JS: _same("axios", "got", "node-fetch", "ky", "undici", "superagent"),
        _PHP: {"GuzzleHttp": "Guzzle", "Illuminate\\Support\\Facades\\Http": "Laravel's Http", "Symfony\\Contracts\\HttpClient": "Symfony's HttpClient"},
        _RS: _same("reqwest", "ureq", "hyper", "isahc"),
        _JVM: {"okhttp3": "OkHttp", "java.net.http": "java.net.http", "org.apache.http": "Apache HttpClient", "org.springframework.web.client": "Spring's RestTemplate or RestClient", "retrofit2": "Retrofit"},
        _RB: _same("faraday", "httparty", "net/http", "rest-client"),
    },
    "logging": {
        _PY: _same("logging", "structlog", "loguru"),
        _JS: _same("pino", "winston", "bunyan", "debug", "consola", "log4js", "loglevel"),
        _GO: {"log": "log", "log/slog": "log/slog", "go.uber.org/zap": "zap", "github.com/rs/zerolog": "zerolog", "github.com/sirupsen/logrus": "logrus", "github.com/go-kit/log": "go-kit/log", "github.com/go-logr/logr": "logr", "k8s.io/klog": "klog"},
        _RS: _same("tracing", "log", "slog"),
        _PHP: {"Psr\\Log": "PSR-3 loggers", "Illuminate\\Support\\Facades\\Log": "Laravel's Log", "Monolog": "Monolog"},
        _JVM: {"org.slf4j": "SLF4J", "java.util.logging": "java.util.logging", "org.apache.logging.log4j": "Log4j 2", "org.apache.commons.logging": "commons-logging", "lombok.extern": "Lombok's loggers", "org.apache.juli.logging": "JULI"},
        _RB: _same("logger", "semantic_logger"),
    },
    "data": {
        _PY: {"sqlalchemy": "SQLAlchemy", "django.db": "Django's ORM", "peewee": "Peewee", "tortoise": "Tortoise", "sqlmodel": "SQLModel", "asyncpg": "asyncpg", "psycopg": "psycopg", "psycopg2": "psycopg2", "sqlite3": "sqlite3", "aiosqlite": "aiosqlite", "pymongo": "PyMongo", "motor": "Motor"},
        _JS: {"@prisma/client": "Prisma", "drizzle-orm": "Drizzle", "typeorm": "TypeORM", "sequelize": "Sequelize", "knex": "Knex", "mongoose": "Mongoose", "kysely": "Kysely", "pg": "pg", "@mikro-orm/core": "MikroORM", "better-sqlite3": "better-sqlite3", "redbean-node": "redbean-node"},
        _GO: {"database/sql": "database/sql", "gorm.io/gorm": "GORM", "github.com/jackc/pgx": "pgx", "github.com/jmoiron/sqlx": "sqlx", "entgo.io/ent": "ent", "go.mongodb.org/mongo-driver": "the MongoDB driver"},
        _RS: {"sqlx": "SQLx", "diesel": "Diesel", "sea_orm": "SeaORM", "rusqlite": "rusqlite", "tokio_postgres": "tokio-postgres"},
        _PHP: {"Illuminate\\Database": "Eloquent", "Illuminate\\Support\\Facades\\DB": "Laravel's DB", "Doctrine\\ORM": "Doctrine ORM", "Doctrine\\DBAL": "Doctrine DBAL", "PDO": "PDO"},
        _JVM: {"jakarta.persistence": "JPA (jakarta)", "javax.persistence": "JPA (javax)", "org.springframework.data": "Spring Data", "org.springframework.jdbc": "Spring JDBC", "java.sql": "JDBC", "org.jooq": "jOOQ", "org.mybatis": "MyBatis"},
        _RB: {"sequel": "Sequel", "active_record": "Active Record"},
    },
    "validation": {
        _PY: _same("pydantic", "marshmallow", "cerberus", "attrs", "msgspec", "voluptuous"),
        _JS: _same("zod", "joi", "yup", "valibot", "class-validator", "ajv", "superstruct", "@sinclair/typebox", "arktype") | {"typebox": "@sinclair/typebox"},
        _PHP: {"Symfony\\Component\\Validator": "Symfony's Validator", "Illuminate\\Support\\Facades\\Validator": "Laravel's Validator"},
        _GO: {"github.com/go-playground/validator": "go-playground/validator", "github.com/go-ozzo/ozzo-validation": "ozzo-validation"},
        _RS: _same("validator", "garde"),
        _JVM: {"jakarta.validation": "Bean Validation (jakarta)", "javax.validation": "Bean Validation (javax)"},
    },
    "errors": {_RS: _same("thiserror", "anyhow", "eyre", "color_eyre", "snafu"), _GO: {"github.com/pkg/errors": "pkg/errors", "golang.org/x/xerrors": "xerrors", "github.com/cockroachdb/errors": "cockroachdb/errors"}},
    "paths": {_PY: {"pathlib": "pathlib", "os.path": "os.path"}, _RS: {"camino": "camino"}},
    "json": {_PY: _same("json", "orjson", "ujson", "simplejson", "rapidjson")},
    "async": {_PY: _same("asyncio", "anyio", "trio", "gevent", "twisted"), _RS: _same("tokio", "async_std", "smol")},
    "records": {_PY: {"dataclasses": "dataclasses", "attr": "attrs", "attrs": "attrs", "pydantic": "pydantic", "msgspec": "msgspec"}},
    "cli": {_PY: _same("argparse", "click", "typer", "optparse", "docopt"), _JS: _same("commander", "yargs", "cac", "oclif", "sade"), _GO: {"github.com/spf13/cobra": "cobra", "github.com/urfave/cli": "urfave/cli", "flag": "flag", "github.com/alecthomas/kingpin": "kingpin"}},
    "state": {_JS: {"zustand": "Zustand", "redux": "Redux", "@reduxjs/toolkit": "Redux Toolkit", "jotai": "Jotai", "mobx": "MobX", "recoil": "Recoil", "pinia": "Pinia", "vuex": "Vuex"}},
    "fetching": {_JS: {"@tanstack/react-query": "TanStack Query", "swr": "SWR", "@apollo/client": "Apollo", "react-query": "react-query", "@trpc/react-query": "tRPC"}},
    "styling": {_JS: {"styled-components": "styled-components", "@emotion/react": "Emotion", "@emotion/styled": "Emotion", "clsx": "clsx", "classnames": "classnames", "class-variance-authority": "class-variance-authority", "@stitches/react": "Stitches"}},
    "dates": {_JS: _same("dayjs", "date-fns", "moment", "luxon"), _PY: _same("arrow", "pendulum")},
    "ids": {_JS: _same("uuid", "nanoid", "@paralleldrive/cuid2")},
    "test-runner": {
        _PY: _same("pytest", "unittest", "nose"),
        _JS: {"vitest": "Vitest", "@jest/globals": "Jest", "node:test": "node:test", "mocha": "Mocha", "ava": "AVA", "bun:test": "bun:test", "@playwright/test": "Playwright", "tap": "tap", "uvu": "uvu"},
        _PHP: {"PHPUnit\\Framework": "PHPUnit", "Tests\\TestCase": "PHPUnit with Tests\\TestCase"},
        _JVM: {"org.junit.jupiter": "JUnit 5", "org.junit.Test": "JUnit 4", "org.testng": "TestNG"},
        _RB: {"minitest": "Minitest", "rspec": "RSpec", "test/unit": "test-unit", "spec_helper": "RSpec", "rails_helper": "RSpec"},
    },
    "assertions": {
        _GO: {"github.com/stretchr/testify": "testify", "github.com/onsi/gomega": "Gomega"},
        _JS: _same("chai", "node:assert", "assert", "expect", "should"),
        _JVM: {"org.assertj": "AssertJ", "org.hamcrest": "Hamcrest", "com.google.common.truth": "Truth", "org.junit.jupiter.api.Assertions": "JUnit 5's assertions", "org.junit.Assert": "JUnit 4's assertions"},
    },
    "mocks": {
        _PY: {"unittest.mock": "unittest.mock", "pytest_mock": "pytest-mock", "mock": "mock", "responses": "responses", "respx": "respx"},
        _JS: _same("sinon", "msw", "nock", "testdouble"),
        _GO: {"github.com/golang/mock": "gomock", "go.uber.org/mock": "gomock", "github.com/stretchr/testify/mock": "testify's mock"},
        _PHP: {"Mockery": "Mockery", "Prophecy": "Prophecy"},
        _JVM: {"org.mockito": "Mockito", "org.easymock": "EasyMock", "io.mockk": "MockK"},
    },
    "ui-tests": {_JS: {"@testing-library/react": "Testing Library", "@testing-library/user-event": "Testing Library", "enzyme": "Enzyme", "@vue/test-utils": "Vue Test Utils"}},
}  # fmt: skip

# What a role is for, in a sentence; the category it is shown under.
ROLE_SENTENCES: Mapping[str, tuple[str, str]] = {
    "http": ("calls", "HTTP requests are made with {value}"),
    "logging": ("logging", "logging goes through {value}"),
    "data": ("data", "data is reached with {value}"),
    "validation": ("validation", "schemas for validation are written with {value}"),
    "errors": ("errors", "errors are made with {value}"),
    "paths": ("calls", "file paths are handled with {value}"),
    "json": ("calls", "JSON is read and written with {value}"),
    "async": ("async", "asynchronous code uses {value}"),
    "records": ("types", "records are written with {value}"),
    "cli": ("calls", "command lines are built with {value}"),
    "state": ("components", "state is kept with {value}"),
    "fetching": ("components", "data is fetched with {value}"),
    "styling": ("components", "styles are composed with {value}"),
    "dates": ("calls", "dates are handled with {value}"),
    "ids": ("calls", "ids are made with {value}"),
    "test-runner": ("tests", "tests run with {value}"),
    "assertions": ("tests", "tests assert with {value}"),
    "mocks": ("tests", "test doubles are made with {value}"),
    "ui-tests": ("tests", "components are tested with {value}"),
}
