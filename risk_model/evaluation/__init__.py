"""How good the risk model is, beside every baseline, on moments it did not know. Never imported by serving."""
