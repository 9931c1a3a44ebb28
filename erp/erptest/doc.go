// Package erptest says when a connector is done.
package erptest
