"""Settings, Kafka, Redis, logs, metrics, embedded services: everything that touches the world."""
