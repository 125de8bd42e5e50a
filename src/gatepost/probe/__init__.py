"""Tools that look for weaknesses in any API, and what they share: findings, reports, baselines, suppression."""
