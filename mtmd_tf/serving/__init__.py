"""From a trained model to ranked items: two exported towers, stored item embeddings, one ranker (paper section 2.2)."""
