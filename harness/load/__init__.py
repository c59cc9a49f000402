"""What a load is made of: messages, their pace, the segments in which a client gets them, what it reports of them."""
