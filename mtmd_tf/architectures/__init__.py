"""What `ModelConfig.architecture` chooses: MTMD's towers, its baseline (section 3.2), its successor and references."""

from mtmd_tf.architectures.choice import AnyTower, make_joint, make_tower

__all__ = ["AnyTower", "make_joint", "make_tower"]
