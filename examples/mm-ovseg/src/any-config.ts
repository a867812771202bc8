import { readConfig as read } from '@rs/experiments';
import { z } from 'zod';
import { checkConfig, type Config } from './config.js';
import { checkRecipe, type RecipeConfig } from './recipe/config.js';

/** Of the synthetic world, or of the paper's recipe, which names pretrained weights. */
export type AnyConfig = Config | RecipeConfig;

export const isRecipe = (config: AnyConfig): config is RecipeConfig => 'weights' in config;

/** Reads a YAML config of either kind. @throws ConfigError */
export async function readAnyConfig(file: string): Promise<AnyConfig> {
  const raw = await read(file, z.looseObject({}));
  return 'weights' in raw ? checkRecipe(raw, file) : checkConfig(raw, file);
}
