"""IAM policy documents, and what each service may do at AWS."""
