"""Well-known packages, and the frameworks they bring."""

from __future__ import annotations

# Framework by the package that brings it, as imports and manifests write it.
PACKAGES: dict[str, str] = {
    "fastapi": "fastapi", "starlette": "starlette", "django": "django", "rest_framework": "django", "flask": "flask",
    "sqlalchemy": "sqlalchemy", "alembic": "alembic", "pydantic": "pydantic", "celery": "celery", "pytest": "pytest",
    "playwright": "playwright", "@playwright/test": "playwright", "typer": "typer", "click": "click", "mcp": "mcp",
    "httpx": "httpx", "torch": "pytorch", "numpy": "numpy", "pandas": "pandas", "redis": "redis", "aiohttp": "aiohttp",
    "next": "nextjs", "react": "react", "react-dom": "react", "vue": "vue", "nuxt": "nuxt", "svelte": "svelte",
    "@sveltejs/kit": "sveltekit", "astro": "astro", "hono": "hono", "express": "express", "fastify": "fastify",
    "@nestjs/core": "nestjs", "@nestjs/common": "nestjs", "@prisma/client": "prisma", "prisma": "prisma", "zod": "zod",
    "drizzle-orm": "drizzle", "@trpc/server": "trpc", "@trpc/client": "trpc", "vitest": "vitest", "jest": "jest",
    "pinia": "pinia", "tailwindcss": "tailwind", "electron": "electron", "expo": "expo", "elysia": "elysia",
    "socket.io": "socketio", "ioredis": "redis", "pino": "pino", "@angular/core": "angular",
    "github.com/go-chi/chi": "chi", "github.com/gin-gonic/gin": "gin", "github.com/jackc/pgx": "pgx",
    "github.com/labstack/echo": "echo", "gorm.io/gorm": "gorm", "axum": "axum", "sqlx": "sqlx", "tokio": "tokio",
    "actix_web": "actix", "actix-web": "actix", "clap": "clap", "serde": "serde", "tauri": "tauri",
    "laravel/framework": "laravel", "illuminate": "laravel", "symfony": "symfony", "inertiajs": "inertia",
    "@inertiajs/vue3": "inertia", "rails": "rails", "sinatra": "sinatra", "phoenix": "phoenix", "ecto": "ecto",
    "org.springframework": "spring", "io.ktor": "ktor", "opentelemetry": "opentelemetry",
    "@opentelemetry/api": "opentelemetry",
}  # fmt: skip
