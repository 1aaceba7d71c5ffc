// Generated from openapi.yaml by make sdk. Do not edit.
export {};
