"""Write the JSON Schema of tailrace.yaml to docs/, from the model in the code."""

from __future__ import annotations

import json
from pathlib import Path

from tailrace.project.settings import json_schema


def main() -> None:
    path = Path(__file__).parents[1] / "docs" / "tailrace.schema.json"
    path.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
