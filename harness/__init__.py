"""What Kafka's delivery settings really give, with evidence, and what they cost."""
