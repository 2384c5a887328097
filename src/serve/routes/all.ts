import { apiRoutes } from "../api/all.ts";
import type { Route } from "../route.ts";
import { actRoutes } from "./acts.ts";
import { assetRoutes } from "./assets.ts";
import { healthRoutes } from "./health.ts";
import { outputRoutes } from "./outputs.ts";
import { pageRoutes } from "./pages.ts";

/** Every address that is answered. */
export const routes: readonly Route[] = [
  ...pageRoutes,
  ...outputRoutes,
  ...assetRoutes,
  ...actRoutes,
  ...apiRoutes(actRoutes),
  ...healthRoutes,
];
