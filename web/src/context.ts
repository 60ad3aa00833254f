import { createContext, useContext } from "react";
import type { Api } from "./api/client";

const ApiContext = createContext<Api | null>(null);

export const ApiProvider = ApiContext;

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("useApi needs an ApiProvider above it");
  return api;
}
