"""Settings, Kafka, Redis, logs, metrics and embedded services: everything that touches the world."""
