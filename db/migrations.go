// Package db holds the schema.
package db

import "embed"

// Migrations are the goose migrations, the only schema there is; sqlc reads the same files.
//
//go:embed migrations/*.sql
var Migrations embed.FS
