"""The department's side: reads its answers, acts on each once, says what came of it."""
