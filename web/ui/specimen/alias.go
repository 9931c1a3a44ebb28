package main

import (
	"context"
	"io"
)

type (
	ctx    = context.Context
	writer = io.Writer
)
