"""Write infra/deploy/grafana/trigger.json from the table in infra/dashboard.py."""

from pathlib import Path

from infra.dashboard import dashboard

if __name__ == "__main__":
    deploy = Path(__file__).resolve().parents[2] / "infra" / "deploy"
    (deploy / "grafana" / "trigger.json").write_text(dashboard(), encoding="utf-8")
