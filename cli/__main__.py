"""`python -m cli`, and where the script `airflow-ecs` begins."""

from cli.app import main

if __name__ == "__main__":
    main()
