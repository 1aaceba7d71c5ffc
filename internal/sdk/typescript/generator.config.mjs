// The configuration of swagger-typescript-api, which generates the SDK from openapi.yaml. The generator parses the document
// and writes the models; this file prepares the data for templates/*.ejs. It names no operation, model or code.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const heading = "// Generated from openapi.yaml by make sdk. Do not edit.\n\n";
const builtins = new Set(runInNewContext("Object.getOwnPropertyNames(globalThis)"));

export default {
  fileName: "models.ts",
  enumStyle: "union",
  generateClient: false, // our extra template generates it
  extraTemplates: ["client", "error-codes"].map((name) => ({ name: `${name}.ts`, path: here(`templates/${name}.ejs`) })),
  hooks: {
    // The generator starts its files with @ts-nocheck, but these must be checked.
    onInit: (configuration, { fileSystem }) => {
      const write = fileSystem.createFile;
      fileSystem.createFile = (file) => write({ ...file, withPrefix: false, content: heading + file.content });
      return configuration;
    },
    // A model must not shadow a builtin, such as Error.
    onFormatTypeName: (name) => (builtins.has(name) ? `${name}Schema` : undefined),
    onParseSchema: (schema, parsed) => {
      delete parsed.pattern; // the descriptions say it in words
      if (schema.type === "array" && schema.minItems && schema.minItems === schema.maxItems) {
        const item = parsed.content.replace(/\[\]$/, "");
        parsed.content = `[${Array(schema.minItems).fill(item).join(", ")}]`;
      }
      return parsed;
    },
    onPrepareConfig: (configuration) => {
      const spec = configuration.config.originalSchema;
      const operations = routesOf(configuration).map((route) => operationOf(route, configuration, spec));
      completePackage(configuration.config.output, spec, operations);
      return {
        ...configuration,
        operations,
        headerOptions: headerOptionsOf(operations, spec),
        ...errorsOf(spec, configuration),
        comment,
      };
    },
  },
};

function routesOf({ routes }) {
  return [...routes.outOfModule, ...(routes.combined ?? []).flatMap((group) => group.routes)];
}

/** The data of an operation for the template. */
function operationOf(route, configuration, spec) {
  const { raw, routeParams, request } = route;
  const { internalCase: camelCase, pascalCase } = configuration.utils;
  const answer = answerOf(raw, spec);
  const body = request.payload && { type: request.payload.type, optional: !hasRequired(raw.requestBody, spec) };
  const query = request.query && {
    name: `${pascalCase(raw.operationId)}Params`,
    type: request.query.type,
    optional: request.query.optional,
    fields: routeParams.query.map(({ name, type, explode }) => ({ name, joined: type === "array" && explode === false })),
  };
  const operation = {
    id: raw.operationId,
    tag: raw.tags[0],
    summary: raw.summary,
    method: raw.method.toUpperCase(),
    path: raw.route.replace(/\{(\w+)\}/g, (_, name) => `\${${camelCase(name)}}`),
    args: request.parameters.map(({ name, type, description }) => ({ name: camelCase(name), type, description })),
    body,
    query,
    headers: routeParams.header.map(({ name, description }) => ({ name, description, option: optionName(name, configuration) })),
    auth: (raw.security ?? spec.security).flatMap((scheme) => Object.keys(scheme)).map((scheme) => credentialHeader(scheme, spec)),
    answer,
    returns: { json: route.response.type, text: "string", none: "void" }[answer],
  };
  operation.pages = pagesOf(operation, routeParams.query, configuration);
  operation.docs = docsOf(raw, operation, spec);
  requireRepeatable(raw, operation, spec);
  return operation;
}

/** The header for the credential of a security scheme. */
function credentialHeader(scheme, spec) {
  const { type, name, in: place } = spec.components.securitySchemes[scheme];
  if (type === "http") return "Authorization";
  if (type === "apiKey" && place === "header") return name;
  throw new Error(`The runtime does not know how to send a credential of the scheme ${scheme}.`);
}

function answerOf(raw, spec) {
  const success = Object.entries(raw.responses).find(([status]) => status.startsWith("2"));
  const types = Object.keys(resolve(success[1], spec).content ?? {});
  if (types.length === 0) return "none";
  return types[0].startsWith("application/json") ? "json" : "text";
}

function hasRequired(requestBody, spec) {
  const [media] = Object.values(resolve(requestBody, spec).content);
  return (resolve(media.schema, spec).required ?? []).length > 0;
}

/** The iterator of an operation with limit and offset whose response has one list. */
function pagesOf(operation, queryParams, configuration) {
  if (!["limit", "offset"].every((name) => queryParams.some((parameter) => parameter.name === name))) return undefined;
  const model = configuration.modelTypes.find(({ name }) => name === operation.returns);
  const lists = (model?.rawContent ?? []).filter(({ value }) => value.endsWith("[]"));
  if (lists.length !== 1) return undefined;
  const rest = operation.id.replace(/^(list|get)/, "");
  return {
    name: `iterate${rest[0].toUpperCase()}${rest.slice(1)}`,
    field: lists[0].name,
    item: lists[0].value.replace(/^\(?(.*?)\)?\[\]$/, "$1"),
  };
}

/** The runtime repeats any request, so a POST must take an Idempotency-Key or create nothing. */
function requireRepeatable(raw, operation, spec) {
  if (operation.method !== "POST" || operation.headers.some(({ name }) => name === "Idempotency-Key")) return;
  const harmless = !raw.responses["201"] && /`Idempotency-Key` is ignored/.test(raw.description.replace(/\s+/g, " "));
  if (!harmless) throw new Error(`${operation.id} takes no Idempotency-Key, so repeating it could act twice.`);
}

function docsOf(raw, operation, spec) {
  const refusals = Object.entries(raw.responses).filter(([status]) => /^[45]/.test(status));
  const said = refusals.filter(([, response]) => isOwn(response, spec));
  const unsaid = refusals.filter(([, response]) => !isOwn(response, spec)).map(([status]) => status);
  const errors = said.map(([status, response]) => `- ${status}: ${resolve(response, spec).description.trim().replace(/\s+/g, " ")}`);
  if (unsaid.length > 0) errors.push(`- ${unsaid.join(", ")}: the error's \`code\` tells why.`);
  return [
    `${raw.summary}.`,
    "",
    raw.description.trim(),
    ...(errors.length > 0 ? ["", "Throws an ApiError with one of these statuses:", ...errors] : []),
    "",
    ...operation.args.map(({ name, description }) => `@param ${name} - ${description.trim()}`),
  ].join("\n");
}

/** Whether all codes of a response belong to this operation: a shared response has the codes of all its operations. */
function isOwn(response, spec) {
  let uses = 0;
  walk(spec.paths, ({ $ref }) => (uses += Number($ref !== undefined && $ref === response.$ref)));
  return uses <= 1 || resolve(response, spec)["x-codes"].length <= 1;
}

/**
 * Every code, with its class name and message; and the type of an error's details: the intersection of all `details` that
 * have a `code` beside them.
 */
function errorsOf(spec, { utils }) {
  const details = new Set();
  walk(spec, (value, path) => {
    if (value.properties?.details && value.properties.code?.$ref?.endsWith("/ErrorCode")) {
      const [model, ...fields] = path.slice(2).filter((step) => step !== "properties");
      const at = (type, field) => `NonNullable<${type}["${field}"]>`;
      details.add([...fields, "details"].reduce(at, `NonNullable<${utils.formatModelName(model)}>`));
    }
  });
  const { enum: codes, "x-codes": described } = spec.components.schemas.ErrorCode;
  const errors = codes.map((code) => ({
    code,
    name: `${utils.pascalCase(code.toLowerCase()).replace(/Error$/, "")}Error`,
    message: described[code].message,
  }));
  return { errors, errorDetails: [...details].join(" & ") };
}

/** The options that operations send as headers, without duplicates. */
function headerOptionsOf(operations, spec) {
  const described = new Map(Object.values(spec.components.parameters).map(({ name, description }) => [name, description]));
  const options = new Map();
  for (const { headers } of operations) {
    for (const { name, option, description } of headers) {
      options.set(name, { header: name, option, description: described.get(name) ?? description });
    }
  }
  return [...options.values()];
}

const optionName = (header, { utils }) => utils.internalCase(header.replace(/^X-/, ""));

/** Writes the document's version and the list of methods into the package. */
function completePackage(source, spec, operations) {
  const edit = (name, change) => {
    const path = `${source}/../${name}`;
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };
  edit("package.json", (text) => {
    const manifest = { ...JSON.parse(text), version: spec.info.version, license: spec.info.license.name };
    return `${JSON.stringify(manifest, null, 2)}\n`;
  });
  edit("README.md", (text) => text.replace("<!-- methods -->", methodList(spec, operations)));
}

function methodList(spec, operations) {
  return spec.tags
    .map(({ name }) => {
      const rows = operations.filter(({ tag }) => tag === name).map(({ id, pages, summary }) => {
        return `| \`${id}\`${pages ? `, \`${pages.name}\`` : ""} | ${summary} |`;
      });
      return [`**${name}**`, "", "| Method | |", "|---|---|", ...rows].join("\n");
    })
    .join("\n\n");
}

function resolve(value, spec) {
  return value.$ref ? resolve(value.$ref.slice(2).split("/").reduce((at, key) => at[key], spec), spec) : value;
}

function walk(value, visit, path = []) {
  if (typeof value !== "object" || value === null) return;
  visit(value, path);
  for (const [key, child] of Object.entries(value)) walk(child, visit, [...path, key]);
}

/** A doc comment. */
function comment(text) {
  const lines = text.trimEnd().replaceAll("*/", "*\\/").split("\n");
  return ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */"].join("\n");
}
