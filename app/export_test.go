package app

// TableNames are the names of all tables, for tests from outside.
func TableNames() (names []string) {
	for _, t := range schema {
		names = append(names, t.Name)
	}
	return names
}
