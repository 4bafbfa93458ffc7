"use client";
import NextLink from "next/link";
import { createContext, useContext, type ComponentProps } from "react";

/** What addresses of the environment begin with: nothing for the main one. */
export const LinkBase = createContext("");

export interface LinkProps extends Omit<ComponentProps<typeof NextLink>, "href"> {
  /** A page of the environment that is shown: "/runs". */
  href: string;
}

export function Link({ href, ...rest }: LinkProps) {
  const base = useContext(LinkBase);
  return <NextLink href={`${base}${href}`} {...rest} />;
}
