# SPDX-License-Identifier: Apache-2.0
# The facts that scripts/package gathers become a document of SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/).
def package_id: "SPDXRef-Package-\(.)";
def file_id: "SPDXRef-File-\(.)";
# libnftnl's licence makes an executable that links it one under the GPL, version 3 or later: see NOTICE.
def licence: if any(.linked[]; . == "libnftnl") then "GPL-3.0-or-later" else "Apache-2.0" end;

[.[] | .package // empty] as $packages | [.[] | .file // empty] as $files |
{
	spdxVersion: "SPDX-2.3",
	dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT",
	name: "cni-c-\($version)-\($arch)",
	documentNamespace: "https://spdx.org/spdxdocs/cni-c-\($version)-\($arch)-\($digest)",
	creationInfo: {created: $created, creators: ["Tool: cni-c-scripts-package-\($version)"]},
	packages: ([{
		name: "cni-c",
		SPDXID: ("cni-c" | package_id),
		versionInfo: $version,
		downloadLocation: "NOASSERTION",
		filesAnalyzed: true,
		packageVerificationCode: {packageVerificationCodeValue: $code},
		licenseDeclared: "Apache-2.0",
		licenseConcluded: "Apache-2.0 AND GPL-3.0-or-later",
		licenseInfoFromFiles: ["Apache-2.0"],
		copyrightText: "NOASSERTION",
		primaryPackagePurpose: "APPLICATION"
	}] + [$packages[] | {
		name,
		SPDXID: (.name | package_id),
		versionInfo: .version,
		supplier: "Organization: Debian",
		downloadLocation: "https://tracker.debian.org/pkg/\(.source)",
		filesAnalyzed: false,
		licenseDeclared: .licence,
		licenseConcluded: .licence,
		copyrightText: "NOASSERTION",
		externalRefs: [{
			referenceCategory: "PACKAGE-MANAGER",
			referenceType: "purl",
			referenceLocator: "pkg:deb/debian/\(.source)@\(.version | @uri)?arch=source"
		}]
	}]),
	files: [$files[] | {
		fileName: "./\(.name)",
		SPDXID: (.name | file_id),
		fileTypes: ["BINARY"],
		checksums: [{algorithm: "SHA1", checksumValue: .sha1}, {algorithm: "SHA256", checksumValue: .sha256}],
		licenseConcluded: licence,
		licenseInfoInFiles: ["Apache-2.0"],
		copyrightText: "NOASSERTION"
	}],
	relationships: ([{
		spdxElementId: "SPDXRef-DOCUMENT",
		relationshipType: "DESCRIBES",
		relatedSpdxElement: ("cni-c" | package_id)
	}] + [$files[] | {
		spdxElementId: ("cni-c" | package_id),
		relationshipType: "CONTAINS",
		relatedSpdxElement: (.name | file_id)
	}] + [$files[] | .name as $file | .linked[] | {
		spdxElementId: ($file | file_id),
		relationshipType: "STATIC_LINK",
		relatedSpdxElement: package_id
	}])
}
